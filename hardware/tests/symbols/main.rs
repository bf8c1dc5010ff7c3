//! What the symbol readers must be able to do: photographs, drawn codes, labels held to a camera, hostile files, readers
//! that fail.

mod drawn;
mod fence;
mod gallery;
mod held;
mod hostile;
mod photographs;
mod scenes;
