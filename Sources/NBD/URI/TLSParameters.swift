/// What an address says about TLS; nothing of it is acted on here.
public struct TLSParameters: Hashable, Sendable {
  public var type: Authentication?
  /// Whom the certificate must name when it is not the host.
  public var hostName: String?
  public var verifiesPeer: Bool?
  /// A directory of certificates and keys, as libnbd takes it.
  public var certificatesPath: String?
  public var presharedKeyPath: String?

  /// How the two sides prove who they are.
  public enum Authentication: String, Hashable, Sendable, CaseIterable {
    case anonymous = "anon"
    case certificates = "x509"
    case presharedKey = "psk"
  }

  public init() {}
}
