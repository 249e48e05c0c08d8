/**
 * Names that the types of the package mention and that a project gets from lib "dom", lib
 * "webworker" or @types/node. Where none of them is there they are empty, so that the types
 * compile all the same; where one is, these declarations add nothing to it.
 */
declare global {
  // biome-ignore-start lint/suspicious/noEmptyInterface: they merge with the real ones
  interface AbortSignal {}
  interface URL {}
  namespace WebAssembly {
    interface Global {}
    interface Memory {}
    interface Module {}
  }
  // biome-ignore-end lint/suspicious/noEmptyInterface: as above
}

export {};
