/// Points in time for people, in UTC, so that they compare with logs of other machines.
enum TimeText {
  private static let secondsPerDay: UInt64 = 86_400
  private static let daysPer400Years: UInt64 = 146_097

  /// Such as `2026-02-03T04:05:06Z`.
  static func utc(milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1000
    let (year, month, day) = date(daysSince1970: seconds / secondsPerDay)
    let second = seconds % secondsPerDay
    let date = "\(year)-\(twoDigits(month))-\(twoDigits(day))"
    let time = [second / 3600, second / 60 % 60, second % 60].map(twoDigits)
    return date + "T" + time.joined(separator: ":") + "Z"
  }

  /// Such as `2026-02-03T04:05:06.789Z`.
  static func precise(milliseconds: UInt64) -> String {
    let fraction = milliseconds % 1000
    let digits = fraction < 10 ? "00\(fraction)" : fraction < 100 ? "0\(fraction)" : "\(fraction)"
    return utc(milliseconds: milliseconds).dropLast() + "." + digits + "Z"
  }

  /// Such as `12 s ago`; nil when the clock was set back meanwhile.
  static func age(from start: UInt64, to now: UInt64) -> String? {
    guard now >= start else { return nil }
    let seconds = (now - start) / 1000
    return switch seconds {
    case 0..<120: "\(seconds) s ago"
    case 120..<7200: "\(seconds / 60) min ago"
    case 7200..<172_800: "\(seconds / 3600) h ago"
    case _: "\(seconds / secondsPerDay) d ago"
    }
  }

  /// The Gregorian date.
  ///
  /// Whole 400-year cycles go first, since all have the same length, and so
  /// the loop over years is short for any input.
  private static func date(daysSince1970: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    var year = 1970 + daysSince1970 / daysPer400Years * 400
    var days = daysSince1970 % daysPer400Years
    while days >= daysInYear(year) {
      days -= daysInYear(year)
      year += 1
    }
    var month: UInt64 = 1
    while days >= daysInMonth(month, of: year) {
      days -= daysInMonth(month, of: year)
      month += 1
    }
    return (year, month, days + 1)
  }

  private static func daysInYear(_ year: UInt64) -> UInt64 { isLeap(year) ? 366 : 365 }

  private static func daysInMonth(_ month: UInt64, of year: UInt64) -> UInt64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    case _: 31
    }
  }

  private static func isLeap(_ year: UInt64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func twoDigits(_ number: UInt64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
