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
    on look: MediumLook, _ record: LabelRecord, besides found: [LabelUUID: [DiskName]]
  ) -> PathRemark? {
    guard look.diskName != nil else { return nil }
    let known = owners.device(labelled: record.uuid)
    let running = known?.isBeingDestroyed == false ? known : nil
    let names = (running?.paths ?? []).filter { $0.isOpen }.compactMap { $0.diskName }
    let remark = look.copyRemark(
      of: running?.name.text ?? record.name.text,
      besides: names + found[record.uuid, default: []])
    if let remark {
      log.warning(
        "a labelled path is not used: \(remark.reason)", metadata: ["path": "\(look.path)"])
    }
    return remark
  }
}

extension MediumLook {
  var diskName: DiskName? { DiskName(block?.wwn) }

  /// Why it is no path of a device whose other paths lead to disks of these names; nil when nothing speaks against it.
  func copyRemark(of device: String, besides names: [DiskName]) -> PathRemark? {
    guard let name = diskName,
      let other = names.first(where: { name.isAnotherDisk(than: $0) })
    else { return nil }
    let (device, shown) = (PrintableText.escaped(device), PrintableText.escaped(path))
    return PathRemark(
      path: path,
      reason:
        "it has the label of \(device), and is the disk \(name) where that is \(other): a copy",
      hint:
        "mpctl clear \(shown) if it is one; mpctl add \(device) \(shown) if it is the same disk "
        + "after all")
  }
}
