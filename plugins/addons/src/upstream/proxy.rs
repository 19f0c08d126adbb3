//! Connections, directly or through the proxy that the environment names.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use tower::{BoxError, Service};

/// Connects, by way of a proxy where `HTTPS_PROXY` and `NO_PROXY` say so.
#[derive(Clone)]
pub struct Connector {
    direct: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Default for Connector {
    fn default() -> Self {
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_nodelay(true);
        Self {
            direct,
            proxies: Arc::new(Matcher::from_env()),
        }
    }
}

type Connection = <HttpConnector as Service<Uri>>::Response;

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::poll_ready(&mut self.direct, context).map_err(Into::into)
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let encrypted = target.scheme_str() == Some("https");
        let Some(proxy) = self.proxies.intercept(&target).filter(|_| encrypted) else {
            let connecting = self.direct.call(target);
            return Box::pin(async { connecting.await.map_err(Into::into) });
        };
        if proxy.uri().scheme_str() != Some("http") {
            return Box::pin(async { Err("only http proxies are supported".into()) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let connecting = tunnel.call(target);
        Box::pin(async { connecting.await.map_err(Into::into) })
    }
}
