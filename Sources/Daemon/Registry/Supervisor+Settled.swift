internal import Registry

/// What udev says once it has looked at a block device and made its links.
///
/// Whatever hangs on this being heard has another way, since early boot and containers have no udev: links are also
/// looked for some time after an arrival, and each look reads what udev's database has.
extension Supervisor {
  func settled(_ event: Uevent) {
    guard event.subsystem == "block", event.action != "remove" else { return }
    let path = "/dev/" + event.deviceName
    if var candidate = taster.candidates[path], var identity = candidate.identity {
      identity.aliases = event.links.filter { $0.hasPrefix("/dev/") }
        .map { String($0.dropFirst("/dev/".count)) }.sorted()
      identity.serial =
        event.properties["ID_SERIAL_SHORT"] ?? identity.serial ?? event.properties["ID_SERIAL"]
      identity.wwn = event.properties["ID_WWN"] ?? identity.wwn
      identity.model = event.properties["ID_MODEL"] ?? identity.model
      candidate.identity = identity
      taster.candidates.set(candidate)
    }
    // After each writer's close there is one of these, whose links were there before.
    guard !event.isSynthetic else { return }
    for link in event.links { arrived(link, isNew: false) }
  }
}
