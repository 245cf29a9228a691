/// The directory that holds the daemon's sockets, and the names in it.
package struct RunDirectory: Hashable, Sendable {
  package static let defaultPath = "/run/mpathd"
  /// Overrides where the control socket is, in both programs.
  package static let socketVariable = "MPATHD_SOCKET"
  /// What fits into `sun_path` with its terminating zero (unix(7)).
  package static let socketPathBytesMax = 107

  /// Absolute, without a trailing slash.
  package let path: String

  package init(path: String = defaultPath, workingDirectory: String = "/") throws(ControlError) {
    self.path = try PathOperand.absolute(
      path, workingDirectory: workingDirectory, isDeviceEntry: { _ in false })
  }

  package var controlSocket: String { file(DeviceName.reserved + ".sock") }

  /// The data socket of a device.
  package func socket(of device: DeviceName) -> String { file(device.text + ".sock") }

  /// What an NBD client is given to reach a device here.
  package func uri(of device: DeviceName) -> String {
    Self.uri(name: device.text, socket: socket(of: device))
  }

  /// The URI of an export on a Unix socket, in the form that the NBD URI specification gives.
  package static func uri(name: String, socket: String) -> String {
    "nbd+unix:///\(PercentEncoding.encode(name))?socket=\(PercentEncoding.encode(socket))"
  }

  /// Where the control socket is.
  ///
  /// `--socket` counts first, then `--run-dir`, then the environment, then the default. A flag stands for this one call and so beats what the environment says for many.
  package static func controlSocket(
    socketFlag: String?, runDirectoryFlag: String?, environment: String?,
    workingDirectory: String
  ) throws(ControlError) -> String {
    if let socketFlag {
      return try usable(socketFlag, workingDirectory: workingDirectory)
    }
    if let runDirectoryFlag {
      let directory = try RunDirectory(path: runDirectoryFlag, workingDirectory: workingDirectory)
      return try usable(directory.controlSocket, workingDirectory: workingDirectory)
    }
    if let environment, !environment.isEmpty {
      return try usable(environment, workingDirectory: workingDirectory)
    }
    return try RunDirectory().controlSocket
  }

  /// The absolute name of a socket, refused when the kernel could not be given it.
  package static func usable(
    _ socket: String, workingDirectory: String
  ) throws(ControlError) -> String {
    let path = try PathOperand.absolute(
      socket, workingDirectory: workingDirectory, isDeviceEntry: { _ in false })
    guard path.utf8.count <= socketPathBytesMax else {
      throw ControlError(
        .refused,
        "the socket name \(path) is \(path.utf8.count) bytes long, "
          + "the kernel takes at most \(socketPathBytesMax)",
        hint: "use a run directory with a shorter name")
    }
    return path
  }

  private func file(_ name: String) -> String {
    path == "/" ? "/" + name : path + "/" + name
  }
}
