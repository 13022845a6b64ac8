//! Rules of a realm about who may sign in, from where, on which device, and with which factors.
