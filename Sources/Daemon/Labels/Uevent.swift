internal import CLinux

/// What the kernel says about a device that has come, gone or changed; udev says it again with what it has found out.
struct Uevent {
  /// Such as `add` or `change`.
  let action: String
  let subsystem: String
  /// The name below /dev.
  let deviceName: String
  /// As `PathIdentity` has it; nil when the message does not say it.
  let number: UInt64?
  /// Somebody wrote to the device's uevent file, as udev does after each writer closes it: nothing has
  /// changed that the kernel knows of.
  let isSynthetic: Bool
  /// udev's links to it below /dev, as absolute names.
  let links: [String]
  /// What udev calls ID_SERIAL_SHORT, ID_WWN, ID_MODEL and the like.
  let properties: [String: String]

  /// Nil for a message that is about no device node.
  init?(_ message: ArraySlice<UInt8>) {
    let texts = message.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    var values: [String: String] = [:]
    for text in texts.dropFirst() {
      guard let sign = text.firstIndex(of: "=") else { continue }
      values[String(text[..<sign])] = String(text[text.index(after: sign)...])
    }
    guard let action = values["ACTION"], let subsystem = values["SUBSYSTEM"],
      let name = values["DEVNAME"]
    else { return nil }
    self.action = action
    self.subsystem = subsystem
    // The kernel says sda, udev /dev/sda.
    deviceName = name.hasPrefix("/dev/") ? String(name.dropFirst("/dev/".count)) : name
    links = (values["DEVLINKS"] ?? "").split(separator: " ").map(String.init)
    properties = values.filter { $0.key.hasPrefix("ID_") }
    let halves = (values["MAJOR"].flatMap { UInt32($0) }, values["MINOR"].flatMap { UInt32($0) })
    number =
      if case (let major?, let minor?) = halves { mp_device_number(major, minor) } else { nil }
    isSynthetic = values["SYNTH_UUID"] != nil
  }

  /// The path of a block device that is there no more.
  var departedPath: String? {
    subsystem == "block" && !isSynthetic && action == "remove" ? "/dev/" + deviceName : nil
  }

  /// The path of a block device that may be there now and was not before, or has another medium.
  var arrivedPath: String? {
    guard subsystem == "block", !isSynthetic else { return nil }
    switch action {
    case "add", "change", "online": return "/dev/" + deviceName
    case _: return nil
    }
  }
}
