/** From the declarations of `asc --bindings raw` to a module with the interface KernelExports. */
export function typedExports(declarations: string): string;
