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

  /// A result as the text of `--json`.
  static func json(_ result: some Encodable) throws(CommandFailure) -> String {
    try CommandFailure.catching { () throws(ControlError) in try Wire.json(result) } + "\n"
  }
}
