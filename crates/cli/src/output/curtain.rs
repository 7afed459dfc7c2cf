//! Showing something for some seconds only.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::error::{Result, failed};

/// The terminal's second screen, which has no history to scroll back to.
const SECOND_SCREEN: &str = "\x1b[?1049h\x1b[2J\x1b[H";
/// Wipes the second screen and brings back the first one as it was.
const FIRST_SCREEN: &str = "\x1b[2J\x1b[H\x1b[?1049l";
/// To the beginning of the line, which is emptied.
const NEW_LINE: &str = "\r\x1b[2K";

/// Shows `text` until a key is pressed or `seconds` are over, then leaves
/// nothing of it on the terminal.
pub(crate) fn show_for(text: &[u8], seconds: u64) -> Result<()> {
    let terminal = || {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        Screen::open(file)
    };
    let fail = || failed("cannot use the terminal; --no-hide only prints the value");
    let mut screen = terminal().map_err(fail())?;
    screen.show(text, seconds).map_err(fail())
}

/// The second screen, and a keyboard that gives single keys. Everything is put
/// back when it is dropped.
struct Screen {
    terminal: File,
    before: Termios,
}

impl Screen {
    fn open(mut terminal: File) -> std::io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut single = before.clone();
        // Also Ctrl-C is a key: it hides the value instead of leaving it there.
        single.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        single.special_codes[SpecialCodeIndex::VMIN] = 1;
        single.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Flush, &single)?;
        terminal.write_all(SECOND_SCREEN.as_bytes())?;
        Ok(Self { terminal, before })
    }

    fn show(&mut self, text: &[u8], seconds: u64) -> std::io::Result<()> {
        self.terminal.write_all(text)?;
        for left in (1..=seconds).rev() {
            write!(self.terminal, "{NEW_LINE}Hidden in {left} s, or with any key.")?;
            self.terminal.flush()?;
            if self.key_within(Duration::from_secs(1))? {
                break;
            }
        }
        Ok(())
    }

    fn key_within(&mut self, limit: Duration) -> std::io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(std::io::Error::other)?;
        let mut waiting = [PollFd::from_borrowed_fd(self.terminal.as_fd(), PollFlags::IN)];
        match poll(&mut waiting, Some(&limit)) {
            Ok(0) => Ok(false),
            Ok(_) => {
                // Which key it was does not matter, nor that it may be several bytes.
                let mut key = [0; 16];
                let _ = self.terminal.read(&mut key)?;
                Ok(true)
            }
            // A resized window or a continued process.
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing any more.
        let _ = self.terminal.write_all(FIRST_SCREEN.as_bytes());
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}
