/// What one path contributes to the question whether the paths of a device share a cache.
package enum CacheWitness: Hashable, Sendable {
  /// A block device or a file of this machine.
  case local
  /// An NBD server, by the address that answered, and whether it promises CAN_MULTI_CONN.
  case server(address: String, promisesMultiConnection: Bool)
  /// A server that has not been reached yet.
  case unknown
}

extension CacheFacts {
  /// Derives what no operator has said; nil while a server that counts is not known.
  ///
  /// Local paths share the caches of this machine. A server that promises CAN_MULTI_CONN promises exactly
  /// what is asked here, and only for itself: the same promise of two servers says nothing.
  package static func derived(from witnesses: [CacheWitness]) -> CacheFacts? {
    guard witnesses.count > 1 else { return CacheFacts(domain: .shared, reason: .onePath) }
    var addresses: Set<String> = []
    var allPromise = true
    var locals = 0
    for witness in witnesses {
      switch witness {
      case .unknown: return nil
      case .local: locals += 1
      case .server(let address, let promises):
        addresses.insert(address)
        allPromise = allPromise && promises
      }
    }
    if locals == witnesses.count { return CacheFacts(domain: .shared, reason: .local) }
    if locals > 0 { return CacheFacts(domain: .private, reason: .mixed) }
    if addresses.count > 1 { return CacheFacts(domain: .private, reason: .severalServers) }
    return allPromise
      ? CacheFacts(domain: .shared, reason: .oneServer)
      : CacheFacts(domain: .private, reason: .noPromise)
  }

  /// By what an operator says, or else by what can be derived; `known` is what was derived before.
  package static func judged(
    _ rule: CacheRule, _ witnesses: [CacheWitness], known: CacheFacts?
  ) -> CacheFacts {
    switch rule {
    case .shared: CacheFacts(domain: .shared, reason: .operator)
    case .private: CacheFacts(domain: .private, reason: .operator)
    case .auto:
      derived(from: witnesses) ?? (known?.reason == .operator ? nil : known)
        ?? CacheFacts(domain: .private, reason: .severalServers)
    }
  }
}
