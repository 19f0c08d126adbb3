//! `kubectl drain-node` on real nodes with real controllers: what it does, and what it leaves.

mod cases;
mod interrupt;
mod kubectl;
mod pool;
mod question;
mod rights;
mod waiting;
mod workloads;
