/// The name under which a labelled device runs.
///
/// It is the label's, unless that is taken by a device with another uuid or cannot be a name here. The label
/// stays as it is: which of two hosts' admins is to rename a disk is not for a daemon to decide.
package enum DeviceNaming {
  /// - Parameter isFree: Whether a device may take this name now.
  package static func name(for label: LabelName, isFree: (String) -> Bool) -> String {
    let wanted = usable(label.text)
    var name = wanted
    var number = 1
    while !isFree(name) {
      name = "\(wanted)-\(number)"
      number += 1
    }
    return name
  }

  /// Letters, digits, dots, underscores and hyphens, the first a letter or digit.
  private static func usable(_ text: String) -> String {
    let kept = text.unicodeScalars.map { scalar in
      isKept(scalar) ? Character(scalar) : "_"
    }
    guard let first = kept.first, first.isLetter || first.isNumber else {
      return "x" + String(kept)
    }
    return String(kept)
  }

  private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
    case _: false
    }
  }
}
