//! Feeds damaged files to every reader of SteadyGAN, and checks what becomes of them.
//!
//! A [`Reader`] reads one kind of file through the library's public functions. A [case](cases::Cases) is a file of its
//! corpus, changed: bytes and numbers anywhere, words of a text, or a part inside a container whose lengths and checksums
//! are then made right again ([`frame`]). A case is a function of the seed and its number, so that it can be made again.
//!
//! A reader may refuse a case or accept it. It must not panic, abort, take more than [`MAX_CPU_S`](campaign::MAX_CPU_S)
//! seconds of processor time or [`MAX_MEMORY_KB`](supervise::MAX_MEMORY_KB) of memory, or refuse with an error that a
//! terminal cannot show. So each reader's cases run in a process of their own ([`supervise`]).
//!
//! There is no coverage to guide the changes, but there are messages: a case with an outcome that was not seen before
//! joins the files that are changed next ([`outcome`]).

pub mod campaign;
pub mod cases;
pub mod frame;
pub mod mutate;
pub mod outcome;
pub mod reader;
mod readers;
pub mod supervise;

pub use reader::{READERS, Reader};
