// The shared clock in a handler's process: `Date` as the laptop's clock has it, so that a handler lives in the same time as the stand-ins
// it talks to, and a day that the clock was moved by has passed for it, too. Timers, and what a function has left, stay real.

let offsetMs = 0

/** What the shared clock is ahead of the machine's; sent with every invocation. */
export const shiftClock = (toMs: number): void => {
  offsetMs = toMs
}

const RealDate = globalThis.Date
const now = (): number => RealDate.now() + offsetMs

/** To be called before anything keeps hold of `Date.now`. */
export const installClock = (): void => {
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) => (args.length === 0 ? new target(now()) : Reflect.construct(target, args)),
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}
