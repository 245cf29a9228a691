/// `create`: join paths into a new device and export it.
///
/// The answer comes when the export serves.
package enum CreateMethod: ControlMethod {
  package static let name = "create"
  package static let access = ControlAccess.changing
  /// As many as a `PathSet` of the data path has bits.
  package static let pathsMax = 32

  /// What to make.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let mode: DeviceMode
    /// Absolute names and addresses of NBD servers, in the order in which they are attached; the first
    /// becomes the active one.
    package let paths: [String]
    package let options: DeviceOptions
    /// What `set` would change, by its keys; nil for nothing.
    package let settings: [String: String]?

    package init(
      name: String, mode: DeviceMode = .activePassive, paths: [String],
      options: DeviceOptions = DeviceOptions(), settings: [String: String]? = nil
    ) {
      self.name = name
      self.mode = mode
      self.paths = paths
      self.options = options
      self.settings = settings
    }

    /// Reads the parameters; what a client leaves out has the default of the command line.
    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      name = try fields.decode(String.self, forKey: .name)
      mode = try fields.decodeIfPresent(DeviceMode.self, forKey: .mode) ?? .activePassive
      paths = try fields.decode([String].self, forKey: .paths)
      options =
        try fields.decodeIfPresent(DeviceOptions.self, forKey: .options) ?? DeviceOptions()
      settings = try fields.decodeIfPresent([String: String].self, forKey: .settings)
    }

    /// The settings of the new device and its paths.
    package func chosenSettings() throws(ControlError) -> (DeviceSettings, [PathSettings]) {
      var device = DeviceSettings(mode: mode, options: options)
      var each = paths.map { _ in PathSettings() }
      let wanted = Assignment.list(settings ?? [:])
      let names = paths.map { (name: PathOperand.shortName(of: $0), path: $0) }
      try Assignment.apply(wanted, to: &device, paths: &each) { operand throws(ControlError) in
        try PathOperand.match(operand: operand, among: names)
      }
      try Assignment.checkSelector(wanted, in: device)
      try Assignment.checkConnections(each, of: paths)
      return (device, each)
    }

    /// Refuses what no look at the system is needed to refuse.
    package func check() throws(ControlError) {
      _ = try DeviceName(name)
      guard !paths.isEmpty else {
        throw ControlError(
          .badRequest, "a device needs at least one path",
          hint: "name a block device, a file or an NBD server")
      }
      guard paths.count <= CreateMethod.pathsMax else {
        throw ControlError(
          .badRequest, "a device can have at most \(CreateMethod.pathsMax) paths")
      }
      try options.check()
      _ = try chosenSettings()
      for (index, path) in paths.enumerated() {
        try PathOperand.requireAbsolute(path)
        guard !paths[..<index].contains(path) else {
          throw ControlError(
            .refused, "the path \(PrintableText.escaped(path)) is given twice",
            hint: "name each path once; a second way to a medium has a name of its own")
        }
      }
    }
  }

  /// Where the new device is served.
  package struct Result: Codable, Hashable, Sendable {
    package let name: String
    /// What an NBD client is given.
    package let uri: String
    /// The data socket's absolute path.
    package let socket: String

    package init(name: String, uri: String, socket: String) {
      self.name = name
      self.uri = uri
      self.socket = socket
    }
  }
}
