/// Keeps the struct that holds it where it is.
///
/// The compiler copies a large struct of plain fields to the stack for each call of a method that does not
/// mutate it (three to five times 780 bytes per request, a fifth of what a decision cost), since it takes such a
/// value apart and puts it together again. One field whose size only the running program knows makes it
/// pass the address instead. Nothing is ever stored here.
struct InPlace: ~Copyable {
  private let opaque: (any Sendable)? = nil
}
