/// Whether the paths of a device share a cache, and how that is known.
package struct CacheFacts: Codable, Hashable, Sendable {
  /// Who vouches for what was acknowledged.
  package enum Domain: String, CaseIterable, Codable, Sendable {
    /// Every path shows, and can flush, what another has acknowledged.
    case shared
    /// Only the path that acknowledged a write can flush it.
    case `private`
  }

  /// Where the knowledge comes from.
  package enum Reason: String, CaseIterable, Codable, Sendable {
    /// An operator said so, with `cache`.
    case `operator`
    /// There is only one path.
    case onePath = "one-path"
    /// Block devices and files of this machine.
    case local
    /// NBD paths to one server, which promises CAN_MULTI_CONN.
    case oneServer = "one-server"
    /// NBD paths to one server, which does not.
    case noPromise = "no-promise"
    case severalServers = "several-servers"
    /// Local paths beside NBD paths.
    case mixed
  }

  package let domain: Domain
  package let reason: Reason

  package init(domain: Domain, reason: Reason) {
    self.domain = domain
    self.reason = reason
  }

  /// Such as "the paths lead to several servers".
  package var sentence: String {
    switch reason {
    case .operator: "an operator said so"
    case .onePath: "there is only one path"
    case .local: "all paths are block devices or files of this machine"
    case .oneServer: "all paths lead to one server, which promises CAN_MULTI_CONN"
    case .noPromise: "all paths lead to one server, but it does not promise CAN_MULTI_CONN"
    case .severalServers: "the paths lead to several servers, or to several addresses of one"
    case .mixed: "some paths are of this machine and some lead to a server"
    }
  }

  /// Refuses a mode in which the paths would have to share what they do not.
  package func check(mode: DeviceMode) throws(ControlError) {
    guard domain == .private, mode == .activeActive else { return }
    throw ControlError(
      .refused,
      "active-active needs paths that share one cache, and here each has its own: \(sentence)",
      hint: "use active-passive or active-read, or say cache=shared if one server answers for all")
  }
}
