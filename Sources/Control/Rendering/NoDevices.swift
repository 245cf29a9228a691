/// What `status`, `list` and `stats` print when there is nothing to print.
enum NoDevices {
  static let text = "There are no devices. Make one with: mpctl create NAME PATH...\n"
}
