//! Standard output and standard error, whose readers may leave.

use std::io::{self, ErrorKind, Write};

/// A writer that goes on without a word when nobody reads any more (`leadscore resolve --out people.csv | head -1`): neither the files that a command writes nor
/// its exit code depend on who listens.
pub(super) struct Listener<'w> {
    writer: &'w mut dyn Write,
    gone: bool,
}

impl<'w> Listener<'w> {
    pub(super) fn new(writer: &'w mut dyn Write) -> Self {
        Self { writer, gone: false }
    }

    /// What came of writing; `gone` when the reader was, or is.
    fn unless_gone<T>(&mut self, gone: T, work: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        if self.gone {
            return Ok(gone);
        }
        match work(self.writer) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(gone)
            }
            told => told,
        }
    }
}

impl Write for Listener<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_gone(bytes.len(), |writer| writer.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone((), |writer| writer.flush())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Takes one write, and is then what is told.
    struct Once(usize, ErrorKind);

    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 == 1 { Ok(bytes.len()) } else { Err(self.1.into()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_a_reader_who_left_is_no_error() {
        let (mut left, mut full) = (Once(0, ErrorKind::BrokenPipe), Once(0, ErrorKind::StorageFull));
        let mut listener = Listener::new(&mut left);
        (0..3).for_each(|_| listener.write_all(b"word").unwrap());
        listener.flush().unwrap();
        // Nobody is asked again.
        assert_eq!(left.0, 2);
        let mut listener = Listener::new(&mut full);
        listener.write_all(b"word").unwrap();
        assert_eq!(listener.write_all(b"word").unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
