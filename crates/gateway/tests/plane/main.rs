//! The data plane from outside: a real gateway on loopback, the server's end of
//! the link, devices and strangers.

mod abuse;
mod calls;
mod contact;
mod held;
mod passing;
mod private;
mod relayed;
mod support;
