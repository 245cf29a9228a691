/// Another socket at which a device is served.
public struct ListenerSetup: Sendable {
  /// Names it in `unlisten`.
  public let id: UInt32
  /// A listening socket; the reactor owns it from here on, also after a refusal.
  public let descriptor: Int32
  /// Its clients may change nothing.
  public let isReadOnly: Bool
  /// Its clients get no structured replies.
  public let isSimple: Bool
  /// Its clients must begin with TLS. The reactor forgets them with the listener.
  public let credentials: TLSCredentials?

  public init(
    id: UInt32, descriptor: Int32, isReadOnly: Bool = false, isSimple: Bool = false,
    credentials: TLSCredentials? = nil
  ) {
    self.id = id
    self.descriptor = descriptor
    self.isReadOnly = isReadOnly
    self.isSimple = isSimple
    self.credentials = credentials
  }
}
