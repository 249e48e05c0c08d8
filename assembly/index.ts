export { LANES, ALIGNMENT } from "./layout";
