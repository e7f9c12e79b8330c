// A function that fails for whatever it is given.
export const handler = async (): Promise<never> => {
  throw new Error('as it is meant to')
}
