//! What travels and how a device keeps its line: alice's laptop talks to a hub that the test plays.

mod brief;
mod chain;
mod client_any;
mod client_goodbye;
mod client_line;
mod client_push;
mod desk;
mod founding;
mod frame_samples;
mod frames;
mod links;
mod repeats;
mod secrets;
mod segments;
