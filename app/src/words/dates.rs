//! Words about days.

super::words! {
    /// Days of the year.
    pub Dates {
        day(short: &str, month: usize, day: u8): format!("{day} {short}"), format!("{month}月{day}日");
    }
}

/// The months as English shortens them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Dates {
    /// A day of a month from 1 to 12; of another there is none.
    pub fn of(self, month: usize, day: u8) -> Option<String> {
        MONTHS.get(month.checked_sub(1)?).map(|short| self.day(short, month, day))
    }
}
