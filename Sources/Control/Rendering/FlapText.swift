/// Sentences about a path that is kept out because it failed soon after each of its last returns.
package enum FlapText {
  /// The reason for which a path is out of service, and why it stays there.
  package static func reason(
    _ reason: String?, flaps: UInt32, untilMilliseconds: UInt64
  ) -> String {
    let before = reason.map { $0 + "; " } ?? ""
    return before + "it has failed \(flaps) times soon after its return, and is not probed before "
      + TimeText.utc(milliseconds: untilMilliseconds)
  }

  package static func hint(device: String, path: String) -> String {
    "once it is repaired, mpctl restore \(device) \(path) ends the wait; flap-first and flap-longest "
      + "(mpctl set \(device)) say how long it is"
  }
}
