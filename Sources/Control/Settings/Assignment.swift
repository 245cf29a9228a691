/// One `KEY=VALUE`, not yet believed.
package struct Assignment: Hashable, Sendable {
  package let key: String
  package let value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// Takes an operand of the command line apart.
  package init(_ operand: String) throws(ControlError) {
    // An NBD path may hold the sign itself; what is set about a path never does.
    let isAboutPath = PathSetting.all.contains { operand.hasPrefix($0.name + ".") }
    let sign = isAboutPath ? operand.lastIndex(of: "=") : operand.firstIndex(of: "=")
    guard let sign, sign != operand.startIndex else {
      throw ControlError(
        .badRequest, "'\(PrintableText.escaped(operand, lengthMax: 80))' is not KEY=VALUE",
        hint: "write it as stall-floor=100")
    }
    key = String(operand[..<sign])
    value = String(operand[operand.index(after: sign)...])
  }

  /// What the key means: a setting of the device, or of one of its paths.
  package enum Target: Sendable {
    case device(Setting)
    case path(PathSetting, operand: String)
  }

  package func target() throws(ControlError) -> Target {
    if let setting = Setting.named(key) { return .device(setting) }
    if let dot = key.firstIndex(of: "."), let setting = PathSetting.named(String(key[..<dot])) {
      let operand = String(key[key.index(after: dot)...])
      if !operand.isEmpty { return .path(setting, operand: operand) }
    }
    if let setting = PathSetting.named(key) {
      throw ControlError(
        .badRequest, "\(key) is set for one path", hint: "write it as \(key).PATH=\(setting.value)")
    }
    let keys = Setting.all.map { $0.name } + PathSetting.all.map { $0.name + ".PATH" }
    throw ControlError(
      .badRequest, "there is no setting '\(PrintableText.escaped(key, lengthMax: 80))'",
      hint: "the settings are: " + keys.joined(separator: ", "))
  }

  /// The key as a request carries it: a path in it is tidied as in the verbs on one path.
  package func keyForMatching(workingDirectory: String) throws(ControlError) -> String {
    switch try target() {
    case .device: return key
    case .path(let setting, let operand):
      let path = try PathOperand.forMatching(operand, workingDirectory: workingDirectory)
      return "\(setting.name).\(path)"
    }
  }

  /// Applies assignments to settings that are in use, all or none.
  ///
  /// - Parameter pathIndex: Which path an operand means.
  package static func apply(
    _ assignments: [Assignment], to settings: inout DeviceSettings, paths: inout [PathSettings],
    pathIndex: (String) throws(ControlError) -> Int
  ) throws(ControlError) {
    var device = settings
    var changed = paths
    for assignment in assignments {
      switch try assignment.target() {
      case .device(let setting):
        try setting.store(assignment.value, in: &device)
      case .path(let setting, let operand):
        try setting.store(assignment.value, in: &changed[try pathIndex(operand)])
      }
    }
    try device.check()
    settings = device
    paths = changed
  }

  /// Refuses a selector for a device on which it would have nothing to choose.
  package static func checkSelector(
    _ assignments: [Assignment], in settings: DeviceSettings
  ) throws(ControlError) {
    guard settings.mode == .activePassive, assignments.contains(where: { $0.key == "selector" })
    else { return }
    throw ControlError(
      .refused,
      "a selector chooses among paths that share the work, and in active-passive "
        + "one path carries everything",
      hint: "set mode=active-active or mode=active-read as well")
  }

  /// Refuses several connections for a path that has none.
  package static func checkConnections(
    _ settings: [PathSettings], of paths: [String]
  ) throws(ControlError) {
    for (setting, path) in zip(settings, paths)
    where setting.connections > 1 && NetworkPath(stored: path) == nil {
      throw ControlError(
        .refused,
        "\(PrintableText.escaped(path)) is no NBD server, and connections are made to nothing else",
        hint: "leave connections out for it")
    }
  }

  /// The assignments of a dictionary, in the order of its keys, so that equal ones act alike.
  package static func list(_ settings: [String: String]) -> [Assignment] {
    settings.sorted { $0.key < $1.key }.map { Assignment(key: $0.key, value: $0.value) }
  }
}
