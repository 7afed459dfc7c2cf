//! The gateway's process as it is: started, asked, paired, upgraded, killed. The
//! data plane is a double that needs no server (`examples/`), and in `whole` the
//! real one, with a server's double.

mod commands;
mod gateway;
mod server;
mod siege;
mod upgrade;
mod whole;
