//! What the symbol readers must be able to do: photographs, drawn codes, hostile files, readers that fail.

mod drawn;
mod fence;
mod hostile;
mod photographs;
