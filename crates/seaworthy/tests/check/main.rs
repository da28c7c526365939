//! `seaworthy check` and `rule` through the real program, on small repositories. What each rule finds is tested beside
//! the rules; here it is that findings arrive, and what becomes of them.

mod action;
mod allowing;
mod changes;
mod choosing;
mod hostile;
mod output;
mod planted;
mod repository;
mod rule;
mod sarif;
