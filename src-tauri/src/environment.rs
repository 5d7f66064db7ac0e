//! What has to be in the environment before GTK and WebKit read it.

use std::path::Path;

/// Sets what this machine needs and the person has not set. Must run first, while there is one thread.
pub fn repair() {
    #[cfg(target_os = "linux")]
    for (name, value) in wanted(&Machine::here(), |name| std::env::var_os(name).is_some()) {
        // The standard library calls this unsafe because of other threads; none has started yet.
        if let Err(error) = glib::setenv(name, value, false) {
            crate::complain(&format!("{name} could not be set: {error}"));
        }
    }
}

/// What we look at to decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Machine {
    /// The closed NVIDIA driver is loaded.
    nvidia: bool,
    /// A render node exists.
    render_node: bool,
    /// There is a session bus to talk to.
    session_bus: bool,
}

impl Machine {
    fn here() -> Self {
        let bus_socket =
            std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).join("bus").exists());
        Self {
            nvidia: Path::new("/proc/driver/nvidia/version").exists(),
            render_node: Path::new("/dev/dri").read_dir().is_ok_and(|mut nodes| {
                nodes.any(|node| {
                    node.is_ok_and(|node| node.file_name().to_string_lossy().starts_with("renderD"))
                })
            }),
            session_bus: bus_socket || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some(),
        }
    }
}

fn wanted(machine: &Machine, is_set: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    // Sharing buffers with the driver leaves the window blank on NVIDIA, and without a render node
    // there is nobody to share them with.
    if machine.nvidia || !machine.render_node {
        missing.push(("WEBKIT_DISABLE_DMABUF_RENDERER", "1"));
    }
    // Without a bus, GTK waits half a minute for a portal that cannot answer.
    if !machine.session_bus {
        missing.push(("GTK_USE_PORTAL", "0"));
    }
    missing.retain(|(name, _)| !is_set(name));
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Machine = Machine { nvidia: false, render_node: true, session_bus: true };

    #[test]
    fn an_ordinary_laptop_is_left_alone() {
        assert_eq!(wanted(&LAPTOP, |_| false), []);
    }

    #[test]
    fn nvidia_and_machines_without_a_render_node_draw_without_shared_buffers() {
        let expected = [("WEBKIT_DISABLE_DMABUF_RENDERER", "1")];
        assert_eq!(wanted(&Machine { nvidia: true, ..LAPTOP }, |_| false), expected);
        assert_eq!(wanted(&Machine { render_node: false, ..LAPTOP }, |_| false), expected);
    }

    #[test]
    fn no_portal_is_asked_without_a_bus() {
        assert_eq!(wanted(&Machine { session_bus: false, ..LAPTOP }, |_| false), [("GTK_USE_PORTAL", "0")]);
    }

    #[test]
    fn what_the_person_set_wins() {
        assert_eq!(wanted(&Machine::default(), |_| true), []);
    }
}
