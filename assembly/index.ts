export {
  LANES,
  ALIGNMENT,
  ACT_LINEAR,
  ACT_TANH,
  ACT_SIGMOID,
  ACT_RELU,
  ACT_SOFTMAX,
} from "./layout";
