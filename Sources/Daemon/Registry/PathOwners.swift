internal import Control
internal import Label

/// Which device has a path, by the path's name and by what it is: asked for each arrival and each look, so that neither
/// may search the paths of all devices.
final class PathOwners {
  private struct Known {
    var names: [String]
    var identities: [PathIdentity?]

    /// Whether it is what stands there of a device now, without making lists of that.
    func isTrue(of paths: [PathEntry]) -> Bool {
      guard names.count == paths.count else { return false }
      for index in paths.indices
      where names[index] != paths[index].path || identities[index] != paths[index].identity {
        return false
      }
      return true
    }
  }

  private var devices: [UInt32: DeviceEntry] = [:]
  private var known: [UInt32: Known] = [:]
  private var byName: [String: Set<UInt32>] = [:]
  private var byIdentity: [PathIdentity: Set<UInt32>] = [:]
  private var byDeviceName: [DeviceName: Set<UInt32>] = [:]
  private var byUUID: [LabelUUID: Set<UInt32>] = [:]
  /// Devices that are the kernel's, too.
  private(set) var attached: Set<UInt32> = []
  private var missingLinks: Set<UInt32> = []

  func device(_ id: UInt32) -> DeviceEntry? { devices[id] }

  /// The devices that have a path of this name.
  func devices(named path: String) -> [DeviceEntry] {
    (byName[path] ?? []).sorted().compactMap { devices[$0] }
  }

  func devices(with identity: PathIdentity) -> [DeviceEntry] {
    (byIdentity[identity] ?? []).sorted().compactMap { devices[$0] }
  }

  /// Whether a device has a path of this name open.
  func isInService(_ path: String) -> Bool {
    guard let ids = byName[path] else { return false }
    return ids.contains { id in
      guard let paths = devices[id]?.paths else { return false }
      return paths.indices.contains { paths[$0].path == path && paths[$0].isOpen }
    }
  }

  /// Of two with one name one has ended, and only waits for its paths.
  func devices(called name: DeviceName) -> [DeviceEntry] {
    (byDeviceName[name] ?? []).sorted().compactMap { devices[$0] }
  }

  /// The device that a label belongs to; one that ends only where there is no other.
  func device(labelled uuid: LabelUUID) -> DeviceEntry? {
    let all = (byUUID[uuid] ?? []).sorted().compactMap { devices[$0] }
    return all.first { !$0.isBeingDestroyed } ?? all.first
  }

  /// Those of the labels whose devices run.
  func running(among uuids: Set<LabelUUID>) -> Set<LabelUUID> {
    uuids.filter { uuid in
      (byUUID[uuid] ?? []).contains { devices[$0]?.isBeingDestroyed == false }
    }
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
      if let device = devices.removeValue(forKey: id) { remove(device) }
      missingLinks.remove(id)
      forget(id)
    }
    for device in all where devices[device.id] == nil { add(device) }
  }

  private func add(_ device: DeviceEntry) {
    devices[device.id] = device
    device.owners = self
    byDeviceName[device.name, default: []].insert(device.id)
    noteLabel(of: device, before: nil)
    noteKernel(of: device)
    update(device)
  }

  private func remove(_ device: DeviceEntry) {
    device.owners = nil
    take(device.id, from: &byDeviceName, device.name)
    if let uuid = device.label?.record.uuid { take(device.id, from: &byUUID, uuid) }
    attached.remove(device.id)
  }

  private func take<Key: Hashable>(
    _ id: UInt32, from index: inout [Key: Set<UInt32>], _ key: Key
  ) {
    index[key]?.remove(id)
    if index[key]?.isEmpty == true { index.removeValue(forKey: key) }
  }

  func noteLabel(of device: DeviceEntry, before: LabelUUID?) {
    let uuid = device.label?.record.uuid
    if let before, before != uuid { take(device.id, from: &byUUID, before) }
    if let uuid { byUUID[uuid, default: []].insert(device.id) }
  }

  func noteKernel(of device: DeviceEntry) {
    if device.kernel == nil { attached.remove(device.id) } else { attached.insert(device.id) }
  }

  /// The paths of a device have changed.
  func update(_ device: DeviceEntry) {
    if device.paths.contains(where: { $0.mayBeMissingLink }) {
      missingLinks.insert(device.id)
    } else {
      missingLinks.remove(device.id)
    }
    if let before = known[device.id], before.isTrue(of: device.paths) { return }
    let now = Known(
      names: device.paths.map { $0.path }, identities: device.paths.map { $0.identity })
    forget(device.id)
    known[device.id] = now
    for name in now.names { byName[name, default: []].insert(device.id) }
    for case let identity? in now.identities { byIdentity[identity, default: []].insert(device.id) }
  }

  private func forget(_ id: UInt32) {
    guard let before = known.removeValue(forKey: id) else { return }
    for name in before.names { take(id, from: &byName, name) }
    for case let identity? in before.identities { take(id, from: &byIdentity, identity) }
  }
}
