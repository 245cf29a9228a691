/// Where credentials are, and for what.
public struct TLSSetup: Sendable, Hashable {
  public var isServer: Bool
  /// A folder with certificates under the names that libvirt, QEMU and nbdkit give them; nil for shared keys.
  public var certificates: String?
  /// A file of USER:HEX lines.
  public var keys: String?
  /// Whose key a client uses.
  public var user: String?
  /// Whose certificate a client expects.
  public var host: String?
  /// A server takes only clients whose certificate its authority has signed.
  public var verifiesClient: Bool

  public init(
    isServer: Bool, certificates: String? = nil, keys: String? = nil, user: String? = nil,
    host: String? = nil, verifiesClient: Bool = false
  ) {
    self.isServer = isServer
    self.certificates = certificates
    self.keys = keys
    self.user = user
    self.host = host
    self.verifiesClient = verifiesClient
  }
}

/// Credentials that cannot be used, or a handshake that failed: one sentence.
public struct TLSFailure: Error, Sendable, Hashable {
  public let sentence: String

  public init(sentence: String) { self.sentence = sentence }
}
