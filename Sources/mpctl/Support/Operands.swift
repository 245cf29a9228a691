internal import Control

/// The operands of path verbs, turned into what a request carries.
enum Operands {
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

  /// For `remove`, `fail` and `restore`: short names stay short.
  static func selection(name: String, path: String) throws(CommandFailure) -> PathSelection {
    let operand = try CommandFailure.catching { () throws(ControlError) in
      try PathOperand.forMatching(path, workingDirectory: HostEnvironment.workingDirectory)
    }
    return PathSelection(name: name, path: operand)
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
    try CommandFailure.catching { () throws(ControlError) in try Wire.json(result) } + "\n"
  }
}
