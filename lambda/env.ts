// The settings contract between lib, which writes a function's environment, and the handlers, which read it; env/ has one file a
// function. Pure: a record in, typed settings out, every fault reported at once. A deployed environment holds names and ids, never
// a secret.
import type { Environment } from './env/reader.ts'

export type { Environment } from './env/reader.ts'
export * from './env/registrar.ts'
export * from './env/rotation.ts'
export * from './env/stytch.ts'

/** The one place where a function's environment is read. */
export const processEnvironment = (): Environment => process.env
