internal import Control
internal import Label
internal import Logging
internal import Registry

/// Copies of labelled disks: a clone or snapshot that was presented to this host has the label of its original,
/// and at first the same content.
extension Supervisor {
  /// Why a disk with the right label is not taken into service by itself; nil when nothing speaks against it.
  ///
  /// Its maker's name is compared with those of the paths that the device has, or is about to have. An operator
  /// who knows better says `add`.
  func copyRemark(
    on look: MediumLook, _ record: LabelRecord, besides found: [TastePlan.Found]
  ) -> PathRemark? {
    guard let name = look.diskName else { return nil }
    let known = owners.device(labelled: record.uuid)
    let running = known?.isBeingDestroyed == false ? known : nil
    let names = (running?.paths ?? []).filter { $0.isOpen }.compactMap { $0.diskName }
    let sameLabel = found.filter { $0.record.uuid == record.uuid }
    guard
      let other = (names + sameLabel.compactMap { $0.diskName })
        .first(where: { name.isAnotherDisk(than: $0) })
    else { return nil }
    let shown = PrintableText.escaped(look.path)
    let device = running?.name.text ?? record.name.text
    let reason =
      "it has the label of \(PrintableText.escaped(device)), and is the disk \(name) where that is "
      + "\(other): a copy"
    log.warning(
      "a labelled path is not used: \(reason)", metadata: ["path": "\(look.path)"])
    return PathRemark(
      path: look.path, reason: reason,
      hint:
        "mpctl clear \(shown) if it is one; mpctl add \(PrintableText.escaped(device)) \(shown) if "
        + "it is the same disk after all")
  }
}

extension MediumLook {
  var diskName: DiskName? { DiskName(block?.wwn) }
}
