//! The gateway's process as it is: started, asked, paired, upgraded, killed. The
//! data plane is a double that needs no server (`examples/`).

mod commands;
mod gateway;
mod upgrade;
