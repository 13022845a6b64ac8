//! Delivers what the server owes to others: mail, logout and notification calls.
