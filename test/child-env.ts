// What a child process of a test needs to start at all. Nothing else of the test runner's environment goes down, since a user's shell has
// none of it; and the cache of compiled modules (vitest.config.ts), without which each child compiles the whole SDK again.
const inheritedNames = ['PATH', 'NODE_COMPILE_CACHE']

export const childEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const inherited = inheritedNames.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(inherited), ...more }
}
