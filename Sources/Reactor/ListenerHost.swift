internal import BlockIO

/// A socket at which clients of a device arrive, and what holds for those who come that way.
struct ListenerHost: BitwiseCopyable {
  /// Of the device's own socket, and of connections that somebody else made.
  static let own = 0
  /// The device's own socket, and those that an operator adds.
  static let count = 1 + ReactorLimits.listenersAdded

  var id: UInt32 = 0
  var descriptor: Int32 = -1
  var isAccepting = false
  var isReadOnly = false
  /// Structured replies are not to be had.
  var isSimple = false
  /// Nil where connections are plain.
  var credentials: TLSCredentials?

  /// The kernel has nothing of it any more.
  var isVacant: Bool { descriptor < 0 && !isAccepting }
}
