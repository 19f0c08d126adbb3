use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use crate::build::Progress;
use crate::guard::Guard;
use crate::process::{running, set_frozen, spawn, stop, stop_all};
use crate::settings::Settings;
use crate::wait::eventually;
use crate::{Component, ControlPlaneOptions, Error, Signal, build, kubectl, nodes, ports};

/// How long anything may take to become ready, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Between two candidates of a coordinated election: of those that were made in the same second
/// Kubernetes prefers now one and now the other, and the leader changes every few seconds
/// (`compare` in kubernetes/kubernetes, pkg/controlplane/controller/leaderelection).
const SENIORITY: Duration = Duration::from_millis(1_100);

/// Keeps the temporary directory of a control plane, for a look at its logs.
const KEEP: &str = "DAY2_KEEP_CONTROL_PLANE";

/// A real control plane on loopback.
#[derive(Debug)]
pub struct ControlPlane {
    settings: Settings,
    /// Those that this process started: it must wait for them when they end.
    children: Mutex<HashMap<Component, Child>>,
    guard: Option<Guard>,
}

impl ControlPlane {
    /// Starts a control plane that ends with this process, whichever way it ends, or when dropped.
    ///
    /// # Errors
    /// Says what is missing, or which component did not become ready.
    pub fn start(options: &ControlPlaneOptions) -> Result<Self, Error> {
        let remove = options.dir.is_none() && env::var_os(KEEP).is_none();
        let settings = prepare(options, &|_| {})?;
        let guard = Guard::start(&settings, remove)?;
        let control_plane = Self::new(settings, Some(guard));
        control_plane.bring_up(&|_| {})?;
        Ok(control_plane)
    }

    /// Starts a control plane that outlives this process, until [`ControlPlane::stop`].
    ///
    /// # Errors
    /// Says what is missing, or which component did not become ready; then all is stopped again.
    pub fn launch(options: &ControlPlaneOptions, progress: Progress) -> Result<Self, Error> {
        let control_plane = Self::new(prepare(options, progress)?, None);
        if let Err(error) = control_plane.bring_up(progress) {
            control_plane.stop()?;
            return Err(error);
        }
        Ok(control_plane)
    }

    /// The control plane that was launched in a directory; it need not run.
    ///
    /// # Errors
    /// Fails when none was.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let dir = dir.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::NotFound(dir.to_path_buf()),
            _ => Error::io("find", dir)(error),
        })?;
        Ok(Self::new(Settings::load(&dir)?, None))
    }

    fn new(settings: Settings, guard: Option<Guard>) -> Self {
        Self {
            settings,
            children: Mutex::default(),
            guard,
        }
    }

    /// The directory with logs, PIDs and secrets.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.settings.dir
    }

    /// The kubeconfig of an administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir().join("kubeconfig")
    }

    /// Where the API server is, as `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn server_url(&self) -> String {
        self.settings.server_url()
    }

    /// The certificate of the authority that vouches for the API server.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.dir().join("pki/ca.crt")
    }

    /// The file with the token of another administrator, `token-user`.
    #[must_use]
    pub fn token_file(&self) -> PathBuf {
        self.dir().join("token")
    }

    /// The real kubectl.
    #[must_use]
    pub fn kubectl(&self) -> PathBuf {
        self.settings.kubectl.clone()
    }

    /// A call of the real kubectl as administrator, to be completed.
    #[must_use]
    pub fn kubectl_command(&self) -> Command {
        kubectl::command(&self.settings)
    }

    /// Runs the real kubectl and returns what it wrote to stdout.
    ///
    /// # Errors
    /// Contains what it wrote to stderr when it failed.
    pub fn kubectl_output(&self, args: &[&str]) -> Result<String, Error> {
        kubectl::output(&self.settings, args, b"")
    }

    /// Applies objects, in YAML or JSON.
    ///
    /// # Errors
    /// Contains what kubectl wrote to stderr when it failed.
    pub fn apply(&self, objects: &str) -> Result<(), Error> {
        kubectl::output(&self.settings, &["apply", "-f", "-"], objects.as_bytes()).map(drop)
    }

    /// Gives each controller manager and scheduler the node and the pod that it would have on a
    /// real cluster, so that plugins can find them; the kubelets make them run.
    ///
    /// # Errors
    /// Contains what kubectl wrote to stderr when it failed.
    pub fn publish_controllers(&self) -> Result<(), Error> {
        self.apply(&nodes::controllers(&self.settings.options).to_string())?;
        let args = ["get", "pods", "-nkube-system", "-ojson"];
        let what = "the controllers' pods do not run";
        self.wait(what, &args, &self.components(), |answer| {
            !answer.contains("\"Pending\"")
        })
    }

    /// All components, in the order in which they start.
    #[must_use]
    pub fn components(&self) -> Vec<Component> {
        Component::all(&self.settings.options)
    }

    /// The log of a component, with all of its lives.
    ///
    /// # Errors
    /// Fails when there is none.
    pub fn log(&self, component: Component) -> Result<String, Error> {
        let path = self.settings.log(component);
        fs::read_to_string(&path).map_err(Error::io("read", &path))
    }

    /// The PID of a component, if it runs.
    #[must_use]
    pub fn pid(&self, component: Component) -> Option<u32> {
        running(&self.settings, component)
    }

    /// Stops one controller manager.
    ///
    /// # Errors
    /// Fails when there is no such one, or it cannot be stopped.
    pub fn stop_controller_manager(&self, index: usize, signal: Signal) -> Result<(), Error> {
        self.stop_component(Component::ControllerManager(index), signal)
    }

    /// Starts a controller manager again.
    ///
    /// # Errors
    /// Fails when there is no such one, or it runs.
    pub fn start_controller_manager(&self, index: usize) -> Result<(), Error> {
        self.start_component(Component::ControllerManager(index))
    }

    /// Stops one scheduler.
    ///
    /// # Errors
    /// Fails when there is no such one, or it cannot be stopped.
    pub fn stop_scheduler(&self, index: usize, signal: Signal) -> Result<(), Error> {
        self.stop_component(Component::Scheduler(index), signal)
    }

    /// Starts a scheduler again.
    ///
    /// # Errors
    /// Fails when there is no such one, or it runs.
    pub fn start_scheduler(&self, index: usize) -> Result<(), Error> {
        self.start_component(Component::Scheduler(index))
    }

    /// Stops the API server.
    ///
    /// A leader that cannot renew its Lease for 10 seconds ends: start those again too.
    ///
    /// # Errors
    /// Fails when it cannot be stopped.
    pub fn stop_api_server(&self, signal: Signal) -> Result<(), Error> {
        self.stop_component(Component::ApiServer, signal)
    }

    /// Starts the API server again, on the same port, and waits until it is ready.
    ///
    /// # Errors
    /// Fails when it runs, or does not become ready.
    pub fn start_api_server(&self) -> Result<(), Error> {
        self.start_component(Component::ApiServer)
    }

    /// Stops any one component; one that does not run is no error.
    ///
    /// # Errors
    /// Fails when there is no such one, or it cannot be stopped.
    pub fn stop_component(&self, component: Component, signal: Signal) -> Result<(), Error> {
        self.check(component)?;
        stop(&self.settings, component, signal)?;
        if let Some(mut child) = self.children().remove(&component) {
            let _ = child.wait();
        }
        Ok(())
    }

    /// Freezes a component in the middle of whatever it does, until [`ControlPlane::thaw`].
    ///
    /// # Errors
    /// Fails when there is no such one.
    pub fn freeze(&self, component: Component) -> Result<(), Error> {
        self.check(component)?;
        set_frozen(&self.settings, component, true);
        Ok(())
    }

    /// Lets a frozen component go on as if no time had passed.
    ///
    /// # Errors
    /// Fails when there is no such one.
    pub fn thaw(&self, component: Component) -> Result<(), Error> {
        self.check(component)?;
        set_frozen(&self.settings, component, false);
        Ok(())
    }

    /// Starts any one component again; with the API server it waits until it is ready.
    ///
    /// # Errors
    /// Fails when there is no such one, it runs, or it does not become ready.
    pub fn start_component(&self, component: Component) -> Result<(), Error> {
        self.check(component)?;
        if self.pid(component).is_some() {
            return Err(Error::ComponentRuns(component));
        }
        self.spawn(component)?;
        if component == Component::ApiServer {
            self.wait_for_api_server()?;
        }
        Ok(())
    }

    /// Stops everything; what does not run is no error.
    ///
    /// # Errors
    /// Fails when a process cannot be stopped.
    pub fn stop(&self) -> Result<(), Error> {
        self.stop_all(Signal::Terminate)
    }

    fn stop_all(&self, signal: Signal) -> Result<(), Error> {
        stop_all(&self.settings, signal)?;
        for (_, mut child) in self.children().drain() {
            let _ = child.wait();
        }
        Ok(())
    }

    fn check(&self, component: Component) -> Result<(), Error> {
        let components = self.components();
        if components.contains(&component) {
            return Ok(());
        }
        let known: Vec<_> = components.iter().map(ToString::to_string).collect();
        Err(Error::NoSuchComponent {
            component: component.to_string(),
            known: known.join(", "),
        })
    }

    fn children(&self) -> MutexGuard<'_, HashMap<Component, Child>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, component: Component) -> Result<(), Error> {
        let child = spawn(&self.settings, component)?;
        // One that ended by itself may still be there to be waited for.
        if let Some(mut before) = self.children().insert(component, child) {
            let _ = before.wait();
        }
        Ok(())
    }

    fn bring_up(&self, progress: Progress) -> Result<(), Error> {
        progress("starting etcd and the API server");
        self.spawn(Component::Etcd)?;
        self.spawn(Component::ApiServer)?;
        self.wait_for_api_server()?;

        progress("starting controller managers, schedulers and kubelets");
        let mut candidates = 0;
        for component in self.components() {
            if !matches!(component, Component::Etcd | Component::ApiServer) {
                self.spawn(component)?;
                if self.settings.options.coordinated && component != Component::Kubelets {
                    candidates += 1;
                    self.wait_for_candidates(candidates)?;
                    sleep(SENIORITY);
                }
            }
        }
        self.create_nodes()?;

        progress("waiting for leaders and nodes");
        self.wait_for_leaders()?;
        if self.settings.options.controller_managers > 0 {
            self.wait_for_service_account()?;
        }
        self.wait_for_nodes()
    }

    fn create_nodes(&self) -> Result<(), Error> {
        let count = self.settings.options.nodes;
        if count == 0 {
            return Ok(());
        }
        let list = nodes::list(count).to_string();
        kubectl::output(&self.settings, &["create", "-f", "-"], list.as_bytes()).map(drop)
    }

    fn wait_for_api_server(&self) -> Result<(), Error> {
        let args = ["get", "--raw", "/readyz", "--request-timeout=5s"];
        let needed = [Component::Etcd, Component::ApiServer];
        self.wait("the API server is not ready", &args, &needed, |answer| {
            answer == "ok"
        })
    }

    /// Waits until so many stand for the coordinated elections.
    fn wait_for_candidates(&self, count: usize) -> Result<(), Error> {
        let args = ["get", "leasecandidates", "-nkube-system", "-oname"];
        let what = "a controller does not stand for its election";
        self.wait(what, &args, &[Component::ApiServer], |answer| {
            answer.lines().count() >= count
        })
    }

    fn wait_for_leaders(&self) -> Result<(), Error> {
        let options = &self.settings.options;
        for (count, name) in [
            (options.controller_managers, "kube-controller-manager"),
            (options.schedulers, "kube-scheduler"),
        ] {
            if count > 0 {
                let what = format!("no {name} leads");
                let holder = "-ojsonpath={.spec.holderIdentity}";
                let args = [
                    "get",
                    "lease",
                    "-nkube-system",
                    name,
                    "--ignore-not-found",
                    holder,
                ];
                self.wait(&what, &args, &self.components(), |answer| {
                    !answer.is_empty()
                })?;
            }
        }
        Ok(())
    }

    fn wait_for_service_account(&self) -> Result<(), Error> {
        let args = [
            "get",
            "serviceaccount",
            "-ndefault",
            "default",
            "--ignore-not-found",
            "-oname",
        ];
        let what = "the default service account is not there";
        self.wait(what, &args, &self.components(), |answer| !answer.is_empty())
    }

    /// Waits until all nodes are ready, and a controller has seen it and taken the taint away.
    fn wait_for_nodes(&self) -> Result<(), Error> {
        let count = self.settings.options.nodes;
        let tainted = self.settings.options.controller_managers == 0;
        let state = "-ojsonpath={range .items[*]}\
            {.status.conditions[?(@.type==\"Ready\")].status} {.spec.taints[*].key}{\"\\n\"}{end}";
        let args = ["get", "nodes", state];
        let what = "not all nodes are ready";
        self.wait(what, &args, &self.components(), |answer| {
            let ready = |line: &&str| *line == "True " || tainted && line.starts_with("True");
            answer.lines().filter(ready).count() >= count
        })
    }

    /// Asks kubectl until the answer is right, as long as the needed components live.
    fn wait(
        &self,
        what: &str,
        args: &[&str],
        needed: &[Component],
        right: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let mut last = String::new();
        let mut ended = None;
        let ready = eventually(PATIENCE, || {
            ended = self.ended(needed);
            last = match kubectl::output(&self.settings, args, b"") {
                Ok(answer) if right(&answer) => return true,
                Ok(answer) => answer,
                Err(error) => error.to_string(),
            };
            ended.is_some()
        });
        match ended {
            Some(component) => Err(self.ended_error(component)),
            None if ready => Ok(()),
            None => Err(Error::NotReady {
                what: what.into(),
                waited: PATIENCE,
                last,
                logs: self.dir().join("logs"),
            }),
        }
    }

    /// One of the components that this process started, and that ended by itself.
    fn ended(&self, among: &[Component]) -> Option<Component> {
        let mut children = self.children();
        among.iter().copied().find(|component| {
            let child = children.get_mut(component);
            child.is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
        })
    }

    fn ended_error(&self, component: Component) -> Error {
        let log = self.settings.log(component);
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last_words = text
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("no log");
        Error::Ended {
            component,
            last_words: last_words.into(),
            log,
        }
    }
}

impl Drop for ControlPlane {
    /// Stops everything, unless it was launched to stay.
    fn drop(&mut self) {
        if self.guard.is_some() {
            // Nobody needs its data any more, and the guard has the last word.
            let _ = self.stop_all(Signal::Kill);
        }
    }
}

/// Builds what is missing and writes the directory, up to the point where processes can start.
fn prepare(options: &ControlPlaneOptions, progress: Progress) -> Result<Settings, Error> {
    let program = build::control_plane(progress)?;
    let kubectl = build::kubectl(progress)?;
    let dir = options.dir.clone().unwrap_or_else(temporary_dir);
    fs::create_dir_all(&dir).map_err(Error::io("create", &dir))?;
    let dir = dir.canonicalize().map_err(Error::io("find", &dir))?;
    clear(&dir)?;
    let (api_server_port, etcd_port) = ports::free_pair()?;
    let settings = Settings {
        dir,
        program,
        kubectl,
        api_server_port,
        etcd_port,
        options: options.clone(),
    };
    settings.save()?;
    write_secrets(&settings)?;
    Ok(settings)
}

fn temporary_dir() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("day2-control-plane-{}-{count}", process::id()))
}

/// Removes what an earlier control plane left, and makes the empty directories.
fn clear(dir: &Path) -> Result<(), Error> {
    if let Ok(before) = Settings::load(dir) {
        let mut components = Component::all(&before.options).into_iter();
        if components.any(|component| running(&before, component).is_some()) {
            return Err(Error::AlreadyRunning(dir.to_path_buf()));
        }
    }
    for name in ["etcd", "pki", "cache", "logs", "pids"] {
        let path = dir.join(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", &path)(error));
            }
            _ => {}
        }
    }
    for name in ["logs", "pids"] {
        let path = dir.join(name);
        fs::create_dir(&path).map_err(Error::io("create", &path))?;
    }
    Ok(())
}

fn write_secrets(settings: &Settings) -> Result<(), Error> {
    let output = Command::new(&settings.program)
        .arg("pki")
        .arg(format!("--dir={}", settings.dir.display()))
        .arg(format!("--server={}", settings.server_url()))
        .output()
        .map_err(Error::io("run", &settings.program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Command {
        command: "control-plane pki".into(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
