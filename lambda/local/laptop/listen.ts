// On which port a part of the laptop listens: the one that was asked for, or the first free one.

const isTaken = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'EADDRINUSE'

const PORTS_TRIED = 50

export interface Listening {
  readonly asked: number | undefined
  readonly preferred: number
  readonly option: string
}

/** The port asked for, or else the first free one from the default on. */
export const listen = async (
  server: { listen(port: number): Promise<string> },
  { asked, preferred, option }: Listening,
): Promise<string> => {
  if (asked !== undefined) {
    return server.listen(asked).catch((cause: unknown) => {
      throw isTaken(cause)
        ? new Error(`${option} ${asked} is taken; name another, or 0 for any free one`, { cause })
        : cause
    })
  }
  for (let port = preferred; port < preferred + PORTS_TRIED; port += 1) {
    try {
      return await server.listen(port)
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  return server.listen(0)
}
