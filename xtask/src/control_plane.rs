use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use test_support::{Component, ControlPlane, ControlPlaneOptions, Error, Signal, duration};

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Build what is missing, start everything, and print the kubeconfig's path
    Up(Up),
    /// Stop everything
    Down {
        #[command(flatten)]
        place: Place,
    },
    /// Stop one component, to see what the others do
    Stop {
        #[command(flatten)]
        place: Place,
        /// Such as controller-manager-0, scheduler-0 or apiserver
        name: Component,
        /// TERM lets it say goodbye, KILL does not
        #[arg(long, value_enum, ignore_case = true, default_value = "TERM")]
        signal: SignalName,
    },
    /// Start one component again
    Start {
        #[command(flatten)]
        place: Place,
        /// Such as controller-manager-0, scheduler-0 or apiserver
        name: Component,
    },
}

#[derive(Args)]
pub(crate) struct Place {
    /// The control plane's directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Up {
    #[command(flatten)]
    place: Place,
    /// How many controller managers compete for leadership
    #[arg(long, value_name = "N", default_value_t = 3)]
    controller_managers: usize,
    /// How many schedulers compete for leadership
    #[arg(long, value_name = "N", default_value_t = 3)]
    schedulers: usize,
    /// How many nodes it has from the start
    #[arg(long, value_name = "N", default_value_t = 3)]
    nodes: usize,
    /// From a pod's binding until it is ready
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    ready_delay: Duration,
    /// From a pod's deletion until it is gone
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    termination_delay: Duration,
    /// Turn coordinated leader election on
    #[arg(long)]
    coordinated: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SignalName {
    #[value(name = "TERM")]
    Terminate,
    #[value(name = "KILL")]
    Kill,
}

pub(crate) fn run(task: Task) -> Result<(), Error> {
    match task {
        Task::Up(up) => start(up),
        Task::Down { place } => down(&place),
        Task::Stop {
            place,
            name,
            signal,
        } => ControlPlane::open(&place.dir)?.stop_component(name, signal.into()),
        Task::Start { place, name } => ControlPlane::open(&place.dir)?.start_component(name),
    }
}

fn start(up: Up) -> Result<(), Error> {
    let options = ControlPlaneOptions {
        dir: Some(up.place.dir),
        controller_managers: up.controller_managers,
        schedulers: up.schedulers,
        nodes: up.nodes,
        ready_delay: up.ready_delay,
        termination_delay: up.termination_delay,
        coordinated: up.coordinated,
    };
    let control_plane = ControlPlane::launch(&options, &|step| eprintln!("{step}"))?;
    println!("{}", control_plane.kubeconfig().display());
    Ok(())
}

/// Stops what runs; where nothing was ever started there is nothing to stop.
fn down(place: &Place) -> Result<(), Error> {
    match ControlPlane::open(&place.dir) {
        Ok(control_plane) => control_plane.stop(),
        Err(Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

impl From<SignalName> for Signal {
    fn from(name: SignalName) -> Self {
        match name {
            SignalName::Terminate => Self::Terminate,
            SignalName::Kill => Self::Kill,
        }
    }
}
