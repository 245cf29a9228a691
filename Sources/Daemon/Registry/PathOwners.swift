/// Which device has a path, by the path's name and by what it is: asked for each arrival and each look, so that neither
/// may search the paths of all devices.
final class PathOwners {
  private struct Known {
    var names: [String]
    var identities: [PathIdentity]
  }

  private var devices: [UInt32: DeviceEntry] = [:]
  private var known: [UInt32: Known] = [:]
  private var byName: [String: Set<UInt32>] = [:]
  private var byIdentity: [PathIdentity: Set<UInt32>] = [:]
  private var missingLinks: Set<UInt32> = []

  func device(_ id: UInt32) -> DeviceEntry? { devices[id] }

  /// The devices that have a path of this name.
  func devices(named path: String) -> [DeviceEntry] {
    (byName[path] ?? []).sorted().compactMap { devices[$0] }
  }

  func devices(with identity: PathIdentity) -> [DeviceEntry] {
    (byIdentity[identity] ?? []).sorted().compactMap { devices[$0] }
  }

  /// Whether any path is lost that may come back as a link below /dev.
  var haveMissingLinks: Bool { !missingLinks.isEmpty }

  var devicesMissingLinks: [DeviceEntry] { missingLinks.sorted().compactMap { devices[$0] } }

  /// The list of devices has changed; an addition is the common case.
  func keep(_ all: [DeviceEntry]) {
    if let last = all.last, all.count == devices.count + 1, devices[last.id] == nil {
      return add(last)
    }
    let ids = Set(all.map { $0.id })
    for id in devices.keys where !ids.contains(id) {
      devices[id]?.owners = nil
      devices.removeValue(forKey: id)
      missingLinks.remove(id)
      forget(id)
    }
    for device in all where devices[device.id] == nil { add(device) }
  }

  private func add(_ device: DeviceEntry) {
    devices[device.id] = device
    device.owners = self
    update(device)
  }

  /// The paths of a device have changed.
  func update(_ device: DeviceEntry) {
    if device.paths.contains(where: { $0.mayBeMissingLink }) {
      missingLinks.insert(device.id)
    } else {
      missingLinks.remove(device.id)
    }
    let now = Known(
      names: device.paths.map { $0.path }, identities: device.paths.compactMap { $0.identity })
    if let before = known[device.id], before.names == now.names,
      before.identities == now.identities
    {
      return
    }
    forget(device.id)
    known[device.id] = now
    for name in now.names { byName[name, default: []].insert(device.id) }
    for identity in now.identities { byIdentity[identity, default: []].insert(device.id) }
  }

  private func forget(_ id: UInt32) {
    guard let before = known.removeValue(forKey: id) else { return }
    for name in before.names {
      byName[name]?.remove(id)
      if byName[name]?.isEmpty == true { byName.removeValue(forKey: name) }
    }
    for identity in before.identities {
      byIdentity[identity]?.remove(id)
      if byIdentity[identity]?.isEmpty == true { byIdentity.removeValue(forKey: identity) }
    }
  }
}
