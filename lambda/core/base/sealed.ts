// A text that no log line, error message or JSON can open by accident: whoever means to, calls reveal().

export interface Sealed {
  /** The text itself. For sending and storing; never for a message. */
  reveal(): string
}

/** @param shown what stands for it wherever it is printed. */
export const seal = (text: string, shown: string): Sealed => {
  const redacted = () => shown
  const box = {
    reveal: () => text,
    toString: redacted,
    toJSON: redacted,
    [Symbol.for('nodejs.util.inspect.custom')]: redacted,
  }
  return Object.freeze(box)
}
