internal import Control

/// What a client that follows events wants, and what it could not be given.
struct EventStream {
  /// Nil means every device.
  let device: String?
  /// Events left out since the last that was sent.
  var missed: UInt64 = 0

  init(device: String?) {
    self.device = device
  }

  func wants(_ record: EventRecord) -> Bool { device == nil || device == record.device }

  /// The line that says how many are missing, once.
  mutating func takeMissedLine() -> [UInt8]? {
    guard missed > 0 else { return nil }
    defer { missed = 0 }
    return try? StreamLine(missed: missed).encoded()
  }
}
