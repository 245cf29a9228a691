internal import Control

/// The operands of path verbs, turned into what a request carries.
enum Operands {
  /// A device's name as the daemon knows it: `data`, `multipath/data` and `/dev/multipath/data` are one,
  /// since the second is what `status` shows and the third what gmultipath's users have in their scripts.
  static func device(_ operand: String) -> String {
    var name = operand[...]
    for prefix in ["/dev/", DeviceName.providerPrefix] where name.hasPrefix(prefix) {
      name = name.dropFirst(prefix.count)
    }
    return name.isEmpty ? operand : String(name)
  }

  /// What the daemon says of the devices named, in that order; of all when none is.
  static func report<M: ControlMethod>(
    _ method: M.Type, _ names: [String], all: Bool, _ session: Session
  ) throws(CommandFailure) -> DeviceReport
  where M.Params == DeviceSelection, M.Result == DeviceReport {
    if names.isEmpty { return try session.ask(method, DeviceSelection(all: all)) }
    var devices: [DeviceStatus] = []
    for name in names {
      let selection = DeviceSelection(name: device(name), all: all)
      devices += try session.ask(method, selection).devices
    }
    return DeviceReport(devices: devices)
  }

  /// For `create` and `add`: absolute names, since the daemon stands in another directory.
  static func absolute(_ paths: [String]) throws(CommandFailure) -> [String] {
    let directory = HostEnvironment.workingDirectory
    return try CommandFailure.catching { () throws(ControlError) in
      try paths.map { operand throws(ControlError) in
        try PathOperand.absolute(
          operand, workingDirectory: directory, isDeviceEntry: HostEnvironment.isDeviceEntry)
      }
    }
  }

  /// An option that names a file or folder.
  static func file(_ operand: String) throws(CommandFailure) -> String {
    let directory = HostEnvironment.workingDirectory
    return try CommandFailure.catching { () throws(ControlError) in
      try PathOperand.absolute(operand, workingDirectory: directory, isDeviceEntry: { _ in false })
    }
  }

  /// For `remove`, `fail` and `restore`: short names stay short.
  static func selection(name: String, path: String) throws(CommandFailure) -> PathSelection {
    let operand = try CommandFailure.catching { () throws(ControlError) in
      try PathOperand.forMatching(
        path, workingDirectory: HostEnvironment.workingDirectory,
        isDeviceEntry: HostEnvironment.isDeviceEntry)
    }
    return PathSelection(name: device(name), path: operand)
  }

  /// For `set` and `create --set`: keys and values, none of them twice.
  static func settings(_ operands: [String]) throws(CommandFailure) -> [String: String] {
    let directory = HostEnvironment.workingDirectory
    return try CommandFailure.catching { () throws(ControlError) in
      var settings: [String: String] = [:]
      for operand in operands {
        let assignment = try Assignment(operand)
        let key = try assignment.keyForMatching(workingDirectory: directory)
        guard settings.updateValue(assignment.value, forKey: key) == nil else {
          throw ControlError(
            .badRequest, "\(PrintableText.escaped(key)) is given twice", hint: "give it once")
        }
      }
      return settings
    }
  }

  /// A result as the text of `--json`.
  static func json(_ result: some Encodable) throws(CommandFailure) -> String {
    try CommandFailure.catching { () throws(ControlError) in try Wire.document(result) } + "\n"
  }
}
