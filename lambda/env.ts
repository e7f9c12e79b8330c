// The settings contract between lib, which writes a function's environment, and the handlers, which read it; env/ has one file a
// function. Pure: a record in, typed settings out, every fault reported at once. A deployed environment holds names and ids, never
// a secret.
import type { Environment } from './env/reader.ts'

export * from './env/archive.ts'
export * from './env/campaign.ts'
export * from './env/clients.ts'
export * from './env/freeze.ts'
export * from './env/identify.ts'
export * from './env/incident.ts'
export * from './env/intake.ts'
export * from './env/project-place.ts'
export * from './env/project-rotation.ts'
export type { Environment } from './env/reader.ts'
export * from './env/readers.ts'
export * from './env/reads.ts'
export * from './env/registrar.ts'
export * from './env/rotation.ts'
export * from './env/stytch.ts'
export * from './env/sweep.ts'
export * from './env/vendor.ts'

/** The one place where a function's environment is read. */
export const processEnvironment = (): Environment => process.env
