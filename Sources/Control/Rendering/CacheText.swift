/// What is known of the caches behind the paths of a device.
enum CacheText {
  /// Such as "private: the paths lead to several servers".
  static func line(_ cache: CacheFacts) -> String { "\(cache.domain.rawValue): \(cache.sentence)" }

  /// What a private cache means for the device, for `status` and `explain`.
  static func consequence(_ settings: [String: String]) -> String {
    let command = settings["fence-command"] ?? "none"
    let quiesce = settings["quiesce"] ?? "0"
    let wait =
      command == "none"
      ? "what a lost path has not answered goes elsewhere \(quiesce) s after the end of its "
        + "connection (quiesce)"
      : "after a path is lost, changes wait until its fence command has succeeded"
    return wait + "; a FLUSH that cannot cover what it has acknowledged fails"
  }
}
